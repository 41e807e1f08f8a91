package io.streamsocial.store.table;

import java.util.List;

/**
 * The first keys of a range.
 *
 * @param keys in byte order
 * @param isWhole whether the range has no further key; without, the limit is reached or the budget
 *     is spent, and at least one key was read
 */
public record KeyRange(List<KeyRows> keys, boolean isWhole) {}
