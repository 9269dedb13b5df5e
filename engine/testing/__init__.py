"""The tests beside the flows: each case runs what the runtime runs, with stubs for the systems."""
