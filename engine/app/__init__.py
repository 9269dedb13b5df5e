"""The composition root: a workspace's folder becomes a running process, or an office for one command.

`checks` compiles a workspace, `stores` opens its store, `offices` carries out one command on it; `process` is the
running workspace, with `loading`, `reloading`, `pages` and `facts` as its parts.
"""
