import assert from 'node:assert/strict';
import test from 'node:test';

import { addLine, total } from '../src/cart.js';

test('an empty cart costs nothing', () => {
  assert.equal(total([]), 0);
});

test('lines add up by price and quantity', () => {
  const cart = addLine(addLine([], 'pen', 120, 3), 'book', 1500);
  assert.equal(total(cart), 1860);
});

test('a price that is no amount is refused', () => {
  assert.throws(() => addLine([], 'pen', -1), RangeError);
  assert.throws(() => addLine([], 'pen', 1.5), RangeError);
});

test('a quantity below one is refused', () => {
  assert.throws(() => addLine([], 'pen', 120, 0), RangeError);
});
