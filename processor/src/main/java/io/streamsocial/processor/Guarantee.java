package io.streamsocial.processor;

/** What a crash may do to a count. */
public enum Guarantee {
  /** Each post is counted once, whatever crashes. */
  EXACTLY_ONCE,
  /** After a crash some posts may be counted twice. Kept to measure what exactness costs. */
  AT_LEAST_ONCE
}
