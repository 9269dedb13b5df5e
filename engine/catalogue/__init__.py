"""What can be told of a workspace from its files: schemas for editors, pictures, a site, descriptions of its APIs."""
