package io.streamsocial.processor;

/**
 * The topics of one application.
 *
 * @param posts the input; ours to read only
 * @param shuffle packed partial counts by hash of the tag: the log of the state
 * @param changelog the snapshot of the state, in the windowed format of Kafka Streams
 * @param rejected posts that could not be counted, and why
 */
public record TopicNames(String posts, String shuffle, String changelog, String rejected) {
  /** The trending view's store. Its changelog topic is named by it, so it never changes. */
  public static final String STORE = "hashtag-trends-store";

  /**
   * The topic of a view's rows.
   *
   * @param view its name
   */
  public static String changelog(String appId, String view) {
    return appId + "-" + view + "-changelog";
  }

  public static TopicNames of(EngineConfig config) {
    String app = config.identity().appId();
    return new TopicNames(
        config.posts().topic(),
        app + "-shuffle",
        changelog(app, STORE),
        app + "-rejected");
  }
}
