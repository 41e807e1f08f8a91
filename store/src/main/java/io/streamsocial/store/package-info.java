/**
 * The stores of a task's views on RocksDB, written in one batch with their positions: {@link
 * io.streamsocial.store.TaskStore} holds them, {@link io.streamsocial.store.ViewStore} is what the
 * engine asks of each. {@link io.streamsocial.store.WindowStore} keeps rows of tumbling windows
 * with ranked heads above them, {@link io.streamsocial.store.SessionStore} sessions and how many
 * keys are active; both keep the changes since the last checkpoint on the heap. {@link
 * io.streamsocial.store.Windowing} has the arithmetic of windows, and {@link
 * io.streamsocial.store.StateDirectory} the directory of an instance with its lock.
 *
 * <p>It knows bytes, longs and positions. It knows neither Kafka nor posts, has no thread of its
 * own, and decides nothing about lateness or expiry: the caller says when.
 */
@NullMarked
package io.streamsocial.store;

import org.jspecify.annotations.NullMarked;
