/**
 * The running engine. A {@code Loop} is one member of the group: it ingests posts, publishes, folds
 * the shuffle into its count tasks, checkpoints, restores and follows. The classes are its tasks,
 * their state machines, and what surrounds them; {@code LocalQueries} answers from what is here,
 * and {@link io.streamsocial.processor.loop.Engine} is the whole for programs that embed it.
 *
 * <p>All writes happen on the loop's thread; others get immutable snapshots. Formats, placement and
 * merging of answers are not here but in {@code log}, {@code group} and {@code trends}.
 */
@NullMarked
package io.streamsocial.processor.loop;

import org.jspecify.annotations.NullMarked;
