"""Topics that only one side knows."""

from __future__ import annotations

from engine.config.findings import did_you_mean
from engine.lint.context import Context


def check_topics(context: Context) -> None:
    """XD605: nobody listens; XD606: nobody publishes. A wire tap's topic may stay without subscribers."""
    if not context.complete:
        return
    facts = context.facts
    published = {each.topic for each in facts.published}
    subscribed = {topic for flow in context.flows.values() for topic in flow.model.source.topics}
    for each in facts.published:
        if not each.tap and each.topic not in subscribed and each.topic not in facts.waited:
            context.findings.add(
                "XD605",
                each.mark,
                expected="a topic that some flow subscribes to or some parked message waits on",
                found=f"'{each.topic}'",
                hint=did_you_mean(each.topic, {*subscribed, *facts.waited} - published),
            )
    places = [
        (topic, flow.places.value("source", "topics", index))
        for flow in context.flows.values()
        for index, topic in enumerate(flow.model.source.topics)
    ]
    for topic, mark in [*places, *facts.waited.items()]:
        if topic not in published:
            context.findings.add(
                "XD606",
                mark,
                expected="a topic that some step publishes to",
                found=f"'{topic}'",
                hint=did_you_mean(topic, published - subscribed) or did_you_mean(topic, published),
            )
