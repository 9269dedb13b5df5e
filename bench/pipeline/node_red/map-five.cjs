// bench/pipeline/five's mapping, by hand.
module.exports = (order) => ({
  number: order.name,
  email: order.email,
  currency: order.currency,
  total: order.total_price,
  lines: order.line_items.length,
})
