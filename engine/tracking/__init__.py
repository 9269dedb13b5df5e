"""Where is it, and what must happen next: messages and business transactions as people and programs read them."""
