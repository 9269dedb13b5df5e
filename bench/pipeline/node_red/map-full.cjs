// flows/systems/shop/order-to-canonical.jsonata, by hand. Keys whose value is undefined are not written, as there.
// The code table of GTINs is left out: none of the load's items is in it.
const present = (...values) => values.filter(Boolean)

const payment = {
  pending: "unpaid", authorized: "authorized", partially_paid: "partially-paid", paid: "paid",
  partially_refunded: "paid", refunded: "refunded",
}

const party = (address) => address ? {
  name: address.company || address.name || undefined,
  attention: address.company && address.name ? address.name : undefined,
  address: {
    lines: present(address.address1, address.address2),
    city: address.city || undefined,
    region: address.province_code || undefined,
    postalCode: address.zip || undefined,
    country: address.country_code,
  },
  contact: address.phone ? { phone: address.phone } : undefined,
} : undefined

module.exports = (order) => {
  const amount = (value) => ({ value, currency: order.currency })
  const customer = order.customer
  const line = (item, index) => {
    const discounts = item.discount_allocations || []
    const discount = discounts.reduce((sum, each) => sum + Number(each.amount), 0)
    return {
      lineNumber: index + 1,
      ids: [{ scheme: "shop-line", value: String(item.id) }],
      item: {
        ids: [item.sku ? { scheme: "sku", value: item.sku } : { scheme: "shop-variant", value: String(item.variant_id) }],
      },
      description: item.name || item.title || undefined,
      quantity: { value: String(item.quantity), unit: { code: "H87", list: "rec20" } },
      unitPrice: amount(item.price),
      discounts: discounts.map((each) => ({ amount: amount(each.amount) })),
      taxes: (item.tax_lines || []).map((tax) => ({
        name: tax.title || undefined,
        rate: tax.rate ? String(tax.rate * 100) : undefined,
        amount: amount(tax.price),
      })),
      lineAmount: amount(String(Number(item.price) * item.quantity - discount)),
    }
  }
  const extensions = {}
  if (order.note_attributes?.length) {
    extensions["shop:attributes"] = order.note_attributes.map(({ name, value }) => `${name}: ${value}`.slice(0, 100))
  }
  if (order.discount_codes?.length) extensions["shop:discountCodes"] = order.discount_codes.map(({ code }) => code)
  if (order.cancel_reason) extensions["shop:cancelReason"] = order.cancel_reason
  return {
    orderNumber: String(order.order_number),
    revision: Date.parse(order.updated_at),
    ids: [{ scheme: "shop-order", value: String(order.id) }],
    customerReference: order.po_number || undefined,
    channel: "shop",
    status: order.cancelled_at ? "cancelled" : "received",
    orderedAt: order.created_at,
    currency: order.currency,
    customer: {
      ids: [customer ? { scheme: "shop-customer", value: String(customer.id) } : { scheme: "email", value: order.email }],
      name: customer ? present(customer.first_name, customer.last_name).join(" ") : undefined,
      email: order.email || undefined,
      phone: customer?.phone || undefined,
    },
    billTo: party(order.billing_address),
    shipTo: party(order.shipping_address),
    paymentStatus: order.financial_status ? payment[order.financial_status] : undefined,
    lines: order.line_items.map(line),
    charges: (order.shipping_lines || []).map((each) => ({
      code: "freight", reason: each.title || undefined, amount: amount(each.price),
    })),
    totals: order.total_price ? {
      lineTotal: order.subtotal_price ? amount(order.subtotal_price) : undefined,
      taxTotal: order.total_tax ? amount(order.total_tax) : undefined,
      grandTotal: amount(order.total_price),
    } : undefined,
    notes: present(order.note),
    extensions,
  }
}
