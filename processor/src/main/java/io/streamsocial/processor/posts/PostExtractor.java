package io.streamsocial.processor.posts;

import io.streamsocial.processor.views.Emitter;
import io.streamsocial.processor.views.Extractor;
import io.streamsocial.processor.views.InputRecord;

/**
 * An extractor of posts: a post is parsed once, whatever the number of views of it. It may emit
 * once a hashtag, and rejects no post that was parsed: what trending counts, counts in views of
 * posts.
 */
public interface PostExtractor extends Extractor {
  /**
   * @param post parsed, with its user; valid during this call alone
   */
  void extract(PostParser post, Emitter out);

  @Override
  default void extract(InputRecord record, Emitter out) {
    if (!(record instanceof PostRecord post)) {
      throw new IllegalStateException("a view of posts was given a record that is not parsed");
    }
    extract(post.post(), out);
  }
}
