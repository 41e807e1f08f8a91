package io.streamsocial.processor.offline;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.InputProgress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What a verification could not check, and why, in words. */
final class VerifyNotes {
  private VerifyNotes() {}

  static List<String> of(
      Collection<VerifiedPartition> partitions, PostsReplay posts, TopicNames topics) {
    List<String> notes = new ArrayList<>();
    long formerMs =
        partitions.stream()
            .mapToLong(VerifiedPartition::formerMs)
            .max()
            .orElse(InputProgress.NO_TIME);
    if (formerMs != InputProgress.NO_TIME) {
      notes.add(
          "the state includes posts of another topic than %s is now, dated up to %s: the topic was deleted and created again, or --topic names another one; windows that start up to then cannot be verified in full"
              .formatted(topics.posts(), Instant.ofEpochMilli(formerMs)));
    }
    for (VerifiedPartition partition : partitions) {
      if (partition.isUnfinished()) {
        notes.add(
            "partition %d was not compared: it stands within a checkpoint, as after a restore that was broken off; run restore, then verify"
                .formatted(partition.partition()));
      } else if (partition.isInPublish()) {
        notes.add(
            "partition %d was compared with the changelog only: it was written in the middle of a publish, and says less than it includes; start and stop the instance, then verify"
                .formatted(partition.partition()));
      }
      if (partition.changelog().begin() > 0) {
        notes.add(
            "partition %d: the changelog begins at offset %d, what was written before is deleted"
                .formatted(partition.partition(), partition.changelog().begin()));
      }
    }
    posts
        .deletedBeforeMs()
        .forEach(
            (source, oldestMs) ->
                notes.add(
                    oldestMs == Long.MAX_VALUE
                        ? "%s-%d: all posts that the state includes are deleted"
                            .formatted(topics.posts(), source)
                        : "%s-%d: posts before %s are deleted; windows that start up to then, and the allowed future later, cannot be verified in full"
                            .formatted(topics.posts(), source, Instant.ofEpochMilli(oldestMs))));
    posts
        .doubtfulMs()
        .forEach(
            (source, timeMs) ->
                notes.add(
                    "%s-%d: posts with an id up to %s may repeat posts that are deleted, and are left out"
                        .formatted(topics.posts(), source, Instant.ofEpochMilli(timeMs))));
    if (posts.duplicates() > 0) {
      notes.add(
          "%d posts repeat others by their id and are not counted again"
              .formatted(posts.duplicates()));
    }
    if (posts.isIdForgotten()) {
      notes.add(
          "ids of posts did not fit into the heap: a post that repeats another late may show as a difference; raise --heap-state");
    }
    if (posts.isRejectedDeleted()) {
      notes.add(
          "%s does not hold all rejections any more: a post that was rejected as dated in the future may show as missing"
              .formatted(topics.rejected()));
    }
    return notes;
  }
}
