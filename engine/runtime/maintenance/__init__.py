"""The chores that keep a running process whole: one a file, each a loop with its own pace."""
