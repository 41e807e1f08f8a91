package io.streamsocial.http.questions;

import io.streamsocial.http.JsonFields;

/** The question is about a view that this instance does not have; the message names it. */
public final class UnknownViewException extends JsonFields.MalformedException {
  private static final long serialVersionUID = 1L;

  UnknownViewException(String view) {
    super("this instance has no view '" + view + "'");
  }
}
