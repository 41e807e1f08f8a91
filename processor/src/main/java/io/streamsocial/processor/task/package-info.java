/**
 * One count task: its store, the live state over it, its checkpoints, its restore, and what readers
 * can ask of it.
 */
@NullMarked
package io.streamsocial.processor.task;

import org.jspecify.annotations.NullMarked;
