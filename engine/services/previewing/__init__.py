"""What a draft would change in real cases, open ones and those of a past period: asked for, worked out, read."""
