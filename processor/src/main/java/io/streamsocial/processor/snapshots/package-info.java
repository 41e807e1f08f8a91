/**
 * State that goes from one instance to another as files: {@link
 * io.streamsocial.processor.snapshots.ServedSnapshots} gives it, {@link
 * io.streamsocial.processor.snapshots.StateCopies} takes it, from whatever the {@link
 * io.streamsocial.processor.snapshots.SnapshotSource} finds. How they travel is not known here.
 */
@NullMarked
package io.streamsocial.processor.snapshots;

import org.jspecify.annotations.NullMarked;
