package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.posts.PostExtractor;
import io.streamsocial.processor.posts.PostIds;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.PostRecord;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.views.ConsumedRecord;
import io.streamsocial.processor.views.Emissions;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the views make of one input record: the hashtags of a post, where the engine counts them,
 * and the emissions of each extractor of its topic whose view {@linkplain CountedViews counts} now.
 * Where hashtags or views of posts count, a record must be a post. A record counts in all views or,
 * when one of them rejects it, in none. Reused from record to record; owned by a loop.
 */
final class Extraction {
  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

  private final int maxBytes;
  private final PostParser parser;
  private final List<Emissions> views = new ArrayList<>();
  private final Map<String, Topic> topics = new HashMap<>();
  private final CountedViews counted;
  private final ParsedRecord record = new ParsedRecord();
  private Topic topic;
  // Of the topic, as its views count now.
  private Emissions[] counting = {};
  private boolean isOfPosts;

  /**
   * Who reads a topic.
   *
   * @param hashtags whether its hashtags are counted
   * @param reading of the views, in their order
   * @param ofPosts names of the views that want its records as posts
   */
  private record Topic(boolean hashtags, List<Emissions> reading, List<String> ofPosts) {}

  /** The record, and the post that it holds where records are posts. */
  private final class ParsedRecord extends ConsumedRecord implements PostRecord {
    @Override
    public PostParser post() {
      return parser;
    }
  }

  Extraction(EngineConfig config, CountedViews counted) {
    EngineConfig.Posts posts = config.posts();
    long maxFutureMs = posts.maxFuture().toMillis();
    this.counted = counted;
    for (View view : config.views().others()) {
      views.add(new Emissions(view, maxFutureMs, emissionsMax(view, posts.maxPostBytes())));
    }
    for (String input : config.inputs()) {
      topics.put(input, topic(config, input));
    }
    this.maxBytes = posts.maxPostBytes();
    this.parser =
        new PostParser(
            maxBytes,
            maxFutureMs,
            !posts.dedupe().isZero(),
            topics.values().stream().anyMatch(each -> !each.ofPosts.isEmpty()));
    this.topic = Objects.requireNonNull(topics.get(posts.topic()));
    of(posts.topic());
  }

  private Topic topic(EngineConfig config, String input) {
    List<Emissions> reading = new ArrayList<>();
    List<String> ofPosts = new ArrayList<>();
    for (Emissions emissions : views) {
      View view = emissions.view();
      view.extractor(input)
          .ifPresent(
              extractor -> {
                reading.add(emissions);
                if (extractor instanceof PostExtractor) {
                  ofPosts.add(view.name());
                }
              });
    }
    boolean hashtags = config.views().hashtags() && input.equals(config.posts().topic());
    return new Topic(hashtags, reading, ofPosts);
  }

  /**
   * The next records are of this topic, and count in the views that count now. By what counts in
   * the whole group, so that all members reject the same records.
   */
  void of(String input) {
    topic = Objects.requireNonNull(topics.get(input), input);
    views.forEach(Emissions::clear);
    counting =
        topic.reading.stream()
            .filter(emissions -> counted.counts(emissions.view().name()))
            .toArray(Emissions[]::new);
    isOfPosts = topic.hashtags || topic.ofPosts.stream().anyMatch(counted::counts);
  }

  /**
   * A view of posts has room for a hashtag, of two bytes at least, wherever a post could have one:
   * it rejects no post that trending counts, and that a writer was told is accepted. What it emits
   * is bounded by the post.
   */
  private static int emissionsMax(View view, int maxPostBytes) {
    boolean isOfPosts =
        view.topics().stream()
            .anyMatch(input -> view.extractor(input).orElse(null) instanceof PostExtractor);
    return isOfPosts
        ? Math.max(Emissions.EMISSIONS_MAX, maxPostBytes / 2)
        : Emissions.EMISSIONS_MAX;
  }

  /** By what a record is known again; of the last one that was read. */
  PostIds ids() {
    return parser.ids();
  }

  /**
   * Reads a record. Nothing counts before {@link #fold}.
   *
   * @return why it cannot be counted; null when it can
   */
  @Nullable Rejection read(ConsumerRecord<ByteBuffer, ByteBuffer> input, Moment now) {
    ByteBuffer value = input.value();
    if (isOfPosts) {
      Rejection rejection = parse(input, value, now.latestMs());
      if (rejection != null) {
        return rejection;
      }
    } else {
      parser.ids().clearPostId();
      if (value != null && value.remaining() > maxBytes) {
        return new Rejection(
            Rejection.Reason.TOO_LARGE,
            "%d bytes, at most %d are allowed".formatted(value.remaining(), maxBytes));
      }
    }
    if (counting.length > 0) {
      record.of(input);
    }
    for (Emissions emissions : counting) {
      try {
        emissions.extract(record, now.latestMs());
      } catch (RejectedRecord e) {
        return Rejection.byView(emissions.view().name(), e);
      }
    }
    return null;
  }

  private @Nullable Rejection parse(
      ConsumerRecord<ByteBuffer, ByteBuffer> post, @Nullable ByteBuffer value, long latestMs) {
    if (value == null) {
      return new Rejection(Rejection.Reason.EMPTY, "the record has no value");
    }
    ByteBuffer bytes = value.hasArray() ? value : copy(value);
    return parser.parse(
        bytes.array(),
        bytes.arrayOffset() + bytes.position(),
        bytes.remaining(),
        post.timestamp(),
        latestMs);
  }

  private static ByteBuffer copy(ByteBuffer direct) {
    return direct.hasRemaining()
        ? ByteBuffer.allocate(direct.remaining()).put(direct.duplicate()).flip()
        : NO_BYTES;
  }

  /** Counts what was read last. */
  void fold(Combiner combiner, LoopCounters.Read counters) {
    if (topic.hashtags) {
      combiner.add(parser);
      counters.mentions += parser.hashtags().size();
      counters.oversizedTags += parser.hashtags().oversized();
    }
    for (int view = 0; view < views.size(); view++) {
      combiner.add(view, views.get(view));
      counters.emitted(view, views.get(view).size());
    }
    parser.release();
  }

  /** Largest event time of what was read last; {@link InputProgress#NO_TIME} for none. */
  long latestMs() {
    long latest = isOfPosts ? parser.timestampMs() : InputProgress.NO_TIME;
    for (Emissions emissions : counting) {
      latest = Math.max(latest, emissions.latestMs());
    }
    return latest;
  }
}
