/** The running engine: loop, tasks, publish, checkpoint, restore, standbys, and local queries. */
@NullMarked
package io.streamsocial.processor.loop;

import org.jspecify.annotations.NullMarked;
