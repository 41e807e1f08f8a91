/**
 * The window store: counts of (window, region, tag) rows in RocksDB, with the changes since the
 * last checkpoint and the ranked heads above it on the heap. {@link
 * io.streamsocial.store.WindowStore} is what the engine writes and reads, {@link
 * io.streamsocial.store.Windowing} has the arithmetic of windows, and {@link
 * io.streamsocial.store.StateDirectory} the directory of an instance with its lock.
 *
 * <p>It knows bytes, longs and positions. It knows neither Kafka nor posts, has no thread of its
 * own, and decides nothing about lateness or expiry: the caller says when.
 */
@NullMarked
package io.streamsocial.store;

import org.jspecify.annotations.NullMarked;
