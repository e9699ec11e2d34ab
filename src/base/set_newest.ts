/**
 * Sets an entry of a map as its newest one: the map's order is that in which its entries were set last. Deletes the
 * oldest entries beyond `most`.
 */
export function setNewest<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
