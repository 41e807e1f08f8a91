package io.streamsocial.processor.loop;

import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;

/**
 * What a publish says of a posts partition beside the offset that it commits, as the offset's
 * metadata.
 *
 * <pre>
 *   TOPIC_ID RECALL_FROM DEDUPE_MS     words in ASCII
 *   TOPIC_ID                           as versions before wrote it, which knew no ids
 * </pre>
 *
 * @param topic that the offset is of, by the brokers' id, as text
 * @param recallFrom first offset whose id is remembered, the committed offset for none; -1 unknown
 * @param dedupeMs for how long posts were known by their {@code post_id}, 0 for not at all
 */
record CommittedPosts(String topic, long recallFrom, long dedupeMs) {
  static final long UNKNOWN = -1;

  OffsetAndMetadata at(long offset) {
    return new OffsetAndMetadata(offset, "%s %d %d".formatted(topic, recallFrom, dedupeMs));
  }

  /** Empty when the offset came from elsewhere and says nothing. */
  static Optional<CommittedPosts> of(OffsetAndMetadata offset) {
    String[] words = offset.metadata().split(" ", -1);
    if (words[0].isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          words.length < 3
              ? new CommittedPosts(words[0], UNKNOWN, 0)
              : new CommittedPosts(words[0], Long.parseLong(words[1]), Long.parseLong(words[2])));
    } catch (NumberFormatException e) {
      return Optional.of(new CommittedPosts(words[0], UNKNOWN, 0));
    }
  }

  boolean isOf(Uuid id) {
    return topic.equals(id.toString());
  }
}
