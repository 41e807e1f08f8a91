/**
 * The running engine: the loop, its place in the group, its tasks, and its publishes. A {@code
 * Loop} is one member of the group: it ingests posts, publishes, folds the shuffle into its count
 * tasks, checkpoints, restores and follows; {@link io.streamsocial.processor.loop.Engine} is the
 * whole for programs that embed it.
 *
 * <p>All writes happen on the loop's thread; others get immutable snapshots. A task's state and
 * local queries are in {@code task}; formats, placement and merging of answers are in {@code log},
 * {@code group} and {@code trends}.
 */
@NullMarked
package io.streamsocial.processor.loop;

import org.jspecify.annotations.NullMarked;
