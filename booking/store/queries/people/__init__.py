"""Read what people hold and who is signed in."""
