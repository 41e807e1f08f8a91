package io.streamsocial.store.table;

import org.jspecify.annotations.Nullable;

/**
 * One key and its rows. The arrays are not copied: callers must not change them.
 *
 * @param rows one a window, in the order of the windows asked for; null where the key has none
 */
@SuppressWarnings("ArrayRecordComponent") // a row of an answer, never compared or kept in a set
public record KeyRows(byte[] key, long[] @Nullable [] rows) {}
