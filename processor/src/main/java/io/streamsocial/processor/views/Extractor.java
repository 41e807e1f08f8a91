package io.streamsocial.processor.views;

/**
 * Makes emissions of one record: the only code of a view. It may emit nothing, once, or up to
 * {@link Emissions#EMISSIONS_MAX} times; either all emissions of a record count or none.
 *
 * <p>It must depend on nothing but the record: after a failure the same record is extracted again,
 * and another result would count it twice in parts. Several loops call one extractor, each on its
 * own thread, so an instance that keeps buffers or parsers keeps them by thread. It must not block:
 * while it runs, its loop reads, counts and publishes nothing.
 */
@FunctionalInterface
public interface Extractor {
  /**
   * Reads one record.
   *
   * @param record valid during this call alone: the next record uses the same object
   * @param out takes the emissions; valid during this call alone
   * @throws RejectedRecord the record cannot be counted: it goes to the topic of rejected records
   *     with this reason
   * @throws Exception the same, with the reason {@link RejectedRecord#EXTRACTOR_FAILED}: it never
   *     stops the stream
   */
  void extract(InputRecord record, Emitter out) throws Exception;
}
