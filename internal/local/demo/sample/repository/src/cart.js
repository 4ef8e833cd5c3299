// A cart is a list of lines; prices are in cents, so that sums are exact.

export function addLine(cart, name, priceInCents, quantity = 1) {
  if (!Number.isInteger(priceInCents) || priceInCents < 0) {
    throw new RangeError('the price must be a whole number of cents, zero or more');
  }
  if (!Number.isInteger(quantity) || quantity < 1) {
    throw new RangeError('the quantity must be a whole number, one or more');
  }
  return [...cart, { name, priceInCents, quantity }];
}

export function total(cart) {
  return cart.reduce((sum, line) => sum + line.priceInCents * line.quantity, 0);
}
