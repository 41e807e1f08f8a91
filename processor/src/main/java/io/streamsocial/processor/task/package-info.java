/**
 * One count task: its store, the fold of the shuffle into the live state, its checkpoints and its
 * restore from the changelog, and the queries that readers can ask of all tasks here. Lateness and
 * expiry are decided in {@code ShuffleFold}.
 *
 * <p>A task has no thread: the loop, or an operation on state at rest, feeds it records and sends
 * what it hands over, and the restorer reads with the consumer that it is given. Readers get
 * immutable views.
 */
@NullMarked
package io.streamsocial.processor.task;

import org.jspecify.annotations.NullMarked;
