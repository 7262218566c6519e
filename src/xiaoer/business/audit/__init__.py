"""The trail of who did what to what. Appended inside the transaction of the deed; never changed."""
