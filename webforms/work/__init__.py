"""A person's own work: tasks and lists, agreed actions, forms with their files and drafts, preferences and calendar."""
