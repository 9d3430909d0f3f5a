"""The waitlist for places in labs and masterclasses."""
