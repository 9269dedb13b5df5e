"""The one path of a message: receiver, dispatcher, executor, sender, and what keeps them going."""
