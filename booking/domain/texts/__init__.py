"""What the organisation calls itself, how it looks, and its own words in emails, as coordinators set them."""
