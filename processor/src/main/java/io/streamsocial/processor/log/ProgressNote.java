package io.streamsocial.processor.log;

import io.streamsocial.processor.Moment;
import java.util.Collection;
import org.apache.kafka.common.Uuid;

/**
 * How far a publisher has read its sources: the end of the last {@link ShuffleRecord} of a publish,
 * the same for every shuffle partition, and what {@link InputProgress} is a fold of. Immutable.
 *
 * <pre>
 *   of kind 0, one topic
 *     note   = number of its partitions in all | number of sources | source*
 *            | id of the topic (16 bytes), absent when unknown
 *   of kind 1, several topics
 *     note   = number of topics that the application reads | topic*
 *     topic  = name length, bytes | number of sources; where there are any
 *            | number of its partitions in all | id (16 bytes) | source*
 *
 *   source   = partition | next offset | watermark (signed) | fresh until | idle 0 or 1
 * </pre>
 *
 * The kind stands in the head of the record. An application that reads one topic writes the first
 * one, which programs can read that know one topic. A publisher that has no source of a topic
 * leaves its id to those that have.
 */
public final class ProgressNote {
  static final int OF_ONE = 0;
  static final int OF_SEVERAL = 1;

  /** What one publisher says of one source, see {@link InputProgress#update}. */
  public interface Source {
    int partition();

    long nextOffset();

    long watermarkMs();

    /** Wall clock up to which its records are included; 0 when unknown. */
    long freshMs(Moment now);

    boolean isIdle();
  }

  /**
   * What one publisher says of one topic that the application reads.
   *
   * @param id that the brokers give it; of no account without sources
   * @param partitions of the topic in all; likewise
   */
  public record Topic(String name, Uuid id, int partitions, Collection<? extends Source> sources) {}

  private final int kind;
  private final byte[] bytes;

  private ProgressNote(int kind, ByteWriter out) {
    this.kind = kind;
    this.bytes = out.toBytes();
  }

  /** The note of an application that reads one topic. */
  public static ProgressNote of(
      int partitions, Uuid topic, Collection<? extends Source> sources, Moment now) {
    ByteWriter out = new ByteWriter();
    out.putVarint(partitions);
    out.putVarint(sources.size());
    sources.forEach(source -> put(out, source, now));
    out.putTopic(topic);
    return new ProgressNote(OF_ONE, out);
  }

  /**
   * The note of an application that reads several topics.
   *
   * @param topics all of them, whether the publisher has sources of them or not
   */
  public static ProgressNote of(Collection<Topic> topics, Moment now) {
    ByteWriter out = new ByteWriter();
    out.putVarint(topics.size());
    for (Topic topic : topics) {
      out.putText(topic.name);
      out.putVarint(topic.sources.size());
      if (!topic.sources.isEmpty()) {
        out.putVarint(topic.partitions);
        out.putId(topic.id);
        topic.sources.forEach(source -> put(out, source, now));
      }
    }
    return new ProgressNote(OF_SEVERAL, out);
  }

  private static void put(ByteWriter out, Source source, Moment now) {
    out.putVarint(source.partition());
    out.putVarint(source.nextOffset());
    out.putSigned(source.watermarkMs());
    out.putVarint(source.freshMs(now));
    out.put(source.isIdle() ? 1 : 0);
  }

  int kind() {
    return kind;
  }

  void put(ByteWriter out) {
    out.put(bytes, 0, bytes.length);
  }

  // ---------------------------------------------------------------- reading

  /**
   * Applies a note, of which the first number is read.
   *
   * @param publishedMs of its record
   * @param now when the record is read
   */
  static void read(
      ByteReader in,
      int kind,
      long first,
      InputProgress progress,
      Freshness freshness,
      long publishedMs,
      Moment now) {
    Reading reading = new Reading(in, progress, freshness, publishedMs, now);
    if (kind == OF_ONE) {
      reading.one((int) first);
    } else {
      reading.several(first);
    }
    freshness.keep(progress);
  }

  private record Reading(
      ByteReader in, InputProgress progress, Freshness freshness, long publishedMs, Moment now) {

    void one(int partitions) {
      long sources = in.getVarint();
      int first = in.offset();
      for (long i = 0; i < sources; i++) {
        skipSource();
      }
      int topic = progress.of(in.getTopic());
      in.back(first);
      sources(topic, partitions, sources);
    }

    void several(long topics) {
      progress.beginTopics();
      for (long i = 0; i < topics; i++) {
        String name = in.getText();
        long sources = in.getVarint();
        int partitions = sources == 0 ? 0 : (int) in.getVarint();
        int topic = progress.reads(name, sources == 0 ? Uuid.ZERO_UUID : in.getId());
        sources(topic, partitions, sources);
      }
      progress.endTopics();
    }

    private void sources(int topic, int partitions, long sources) {
      for (long i = 0; i < sources; i++) {
        int source = (int) in.getVarint();
        long nextOffset = in.getVarint();
        long watermarkMs = in.getSigned();
        long freshMs = in.getVarint();
        boolean isIdle = in.get() != 0;
        progress.update(topic, partitions, source, nextOffset, watermarkMs, freshMs, isIdle);
        freshness.note(topic, partitions, source, freshMs, publishedMs, now);
      }
    }

    private void skipSource() {
      for (int i = 0; i < 4; i++) {
        long unused = in.getVarint();
      }
      int unused = in.get();
    }
  }
}
