/**
 * A task's stores on their way to another instance: the files of one moment, and the manifest by
 * which the receiver knows that it has them all and that they are what it needs.
 */
@NullMarked
package io.streamsocial.store.snapshots;

import org.jspecify.annotations.NullMarked;
