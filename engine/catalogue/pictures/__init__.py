"""Pictures as SVG and Mermaid, made without tools of others: what a flow does, and who calls whom."""
