"""Write the emails that are due, and send them."""
