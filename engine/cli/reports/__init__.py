"""What `crossdock lint` found, in the forms that people, build servers and code hosts read."""
