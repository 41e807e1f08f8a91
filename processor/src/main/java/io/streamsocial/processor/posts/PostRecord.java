package io.streamsocial.processor.posts;

import io.streamsocial.processor.views.InputRecord;

/** A record that holds a post, parsed. */
public interface PostRecord extends InputRecord {
  PostParser post();
}
