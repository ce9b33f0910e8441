/** How long one message is worked on: what is in flight is finished, then the run goes on in a new message. */
export const SLICE_SECONDS = 120;
/** The functions' timeout on AWS: a slice, and time to finish. */
export const FUNCTION_TIMEOUT_SECONDS = 150;
/** SQS: how long a message stays away that was received and not acknowledged; six times the functions' timeout. */
export const VISIBILITY_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
/**
 * SQS: how often a message is received before it goes to the poison queue. AWS recommends at least five, so that throttles alone do not bury a
 * message. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const DELIVERIES = 5;
/** No request of a turn lasts longer: the function must be alive to hear its end, and the claim must still live. */
export const REQUESTS_SECONDS = 140;
/** A claim outlives the function by this much, so that no request of a dead one is still on its way. */
export const CLAIM_MARGIN_SECONDS = 30;
