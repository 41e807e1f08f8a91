/** The running engine: the loop, its place in the group, its tasks, and its publishes. */
@NullMarked
package io.streamsocial.processor.loop;

import org.jspecify.annotations.NullMarked;
