"""What we learn: how good we are, and of what we saw what helps others understand. Pure: values in, values out."""
