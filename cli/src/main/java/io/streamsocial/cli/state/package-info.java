/**
 * Commands that work on state without a running instance: {@code inspect}, {@code restore}, {@code
 * verify}, {@code reset}, and {@code doctor}, which checks whether an instance would run here.
 *
 * <p>They print and ask; the work itself is in the engine's {@code offline} and {@code kafka}.
 */
@NullMarked
package io.streamsocial.cli.state;

import org.jspecify.annotations.NullMarked;
