// The text of a snapshot: `CanonicalJSON` of its members in snake_case, written without values in between. The same bytes as
// those of `JSONEncoder` in canonical form (`SnapshotTextTests`).

internal import Events

extension DaySnapshot.Counts: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("failure_share", failureShare)
            $0.member("failures", failures)
            $0.member("first_at", firstAt)
            $0.member("first_sequence", firstSequence)
            $0.member("last_at", lastAt)
            $0.member("last_sequence", lastSequence)
            $0.member("successes", successes)
        }
    }
}
extension DaySnapshot.GroupRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("by_hour", byHour)
            $0.member("failure_share", failureShare)
            $0.member("failures", failures)
            $0.member("name", name)
            $0.member("p95_ms", p95Ms)
            $0.member("successes", successes)
        }
    }
}
extension DaySnapshot.Groups: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("distinct", distinct)
            $0.member("other", other)
            $0.member("rows", rows)
        }
    }
}
extension DaySnapshot.HourRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("failures", failures)
            $0.member("hour", hour)
            $0.member("starts_at", startsAt)
            $0.member("successes", successes)
        }
    }
}
extension DaySnapshot.CodeRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("category", category)
            $0.member("code", code)
            $0.member("count", count)
            $0.member("share_of_failures", shareOfFailures)
        }
    }
}
extension DaySnapshot.CategoryRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("category", category)
            $0.member("count", count)
            $0.member("share_of_failures", shareOfFailures)
        }
    }
}
extension DaySnapshot.SourceCodeRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("by_hour", byHour)
            $0.member("category", category)
            $0.member("code", code)
            $0.member("count", count)
            $0.member("first_at", firstAt)
            $0.member("last_at", lastAt)
            $0.member("share_of_source", shareOfSource)
            $0.member("source", source)
        }
    }
}
extension DaySnapshot.FieldRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("code", code)
            $0.member("count", count)
            $0.member("pointer", pointer)
            $0.member("source", source)
        }
    }
}
extension DaySnapshot.TryRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempt", attempt)
            $0.member("attempts", attempts)
            $0.member("successes", successes)
        }
    }
}
extension DaySnapshot.Retries: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("by_attempt", byAttempt)
            $0.member("failed_again", failedAgain)
            $0.member("failed_first", failedFirst)
            $0.member("first_try", firstTry)
            $0.member("recovered", recovered)
        }
    }
}
extension DaySnapshot.UserRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("failures", failures)
            $0.member("share", share)
            $0.member("user_id", userId)
        }
    }
}
extension DaySnapshot.Users: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("anonymous_attempts", anonymousAttempts)
            $0.member("distinct", distinct)
            $0.member("top", top)
            $0.member("top_share", topShare)
            $0.member("top_ten_share", topTenShare)
        }
    }
}
extension DaySnapshot.KeyRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("failure_share", failureShare)
            $0.member("failures", failures)
            $0.member("key_id", keyId)
            $0.member("share_of_failures", shareOfFailures)
        }
    }
}
extension DaySnapshot.Keys: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("distinct", distinct)
            $0.member("other", other)
            $0.member("rows", rows)
            $0.member("without_key_attempts", withoutKeyAttempts)
        }
    }
}
extension DaySnapshot.Latency: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("count", count)
            $0.member("max_ms", maxMs)
            $0.member("p50_ms", p50Ms)
            $0.member("p90_ms", p90Ms)
            $0.member("p95_ms", p95Ms)
            $0.member("p99_ms", p99Ms)
        }
    }
}
extension DaySnapshot.TypeRow: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("events", events)
            $0.member("failures", failures)
            $0.member("type", type)
        }
    }
}
extension DaySnapshot.CodeCount: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("code", code)
            $0.member("count", count)
        }
    }
}
extension DaySnapshot.Books: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("balanced", balanced)
            $0.member("duplicate", duplicate)
            $0.member("quarantined", quarantined)
            $0.member("quarantined_total", quarantinedTotal)
            $0.member("received", received)
            $0.member("rejected", rejected)
            $0.member("rejected_total", rejectedTotal)
            $0.member("sampled", sampled)
            $0.member("stored", stored)
        }
    }
}
extension DaySnapshot.EventPart: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("books", books)
            $0.member("by_type", byType)
            $0.member("cost_micro_usd", costMicroUsd)
            $0.member("cost_usd", costUsd)
            $0.member("events", events)
            $0.member("failures", failures)
            $0.member("input_tokens", inputTokens)
            $0.member("late", late)
            $0.member("output_tokens", outputTokens)
            $0.member("pending", pending)
        }
    }
}
extension DaySnapshot.ComparedDay: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("date", date)
            $0.member("sha256", sha256)
        }
    }
}
extension DaySnapshot.ComparedGroup: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts_mean", attemptsMean)
            $0.member("failure_share", failureShare)
            $0.member("p95_ms_mean", p95MsMean)
            $0.member("source", source)
        }
    }
}
extension DaySnapshot.ComparedCode: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("code", code)
            $0.member("count_mean", countMean)
            $0.member("share_of_source", shareOfSource)
            $0.member("source", source)
        }
    }
}
extension DaySnapshot.Comparison: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts_mean", attemptsMean)
            $0.member("codes", codes)
            $0.member("days", days)
            $0.member("failure_share", failureShare)
            $0.member("failures_mean", failuresMean)
            $0.member("leads_mean", leadsMean)
            $0.member("p95_ms_mean", p95MsMean)
            $0.member("sources", sources)
            $0.member("users_mean", usersMean)
        }
    }
}
extension DaySnapshot: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) {
        out.object {
            $0.member("attempts", attempts)
            $0.member("by_category", byCategory)
            $0.member("by_channel", byChannel)
            $0.member("by_code", byCode)
            $0.member("by_hour", byHour)
            $0.member("by_source", bySource)
            $0.member("by_source_and_code", bySourceAndCode)
            $0.member("comparison", comparison)
            $0.member("date", date)
            $0.member("ends_at", endsAt)
            $0.member("events", events)
            $0.member("field_errors", fieldErrors)
            $0.member("format", format)
            $0.member("keys", keys)
            $0.member("latency", latency)
            $0.member("leads", leads)
            $0.member("project_id", projectId)
            $0.member("retries", retries)
            $0.member("starts_at", startsAt)
            $0.member("time_zone", timeZone)
            $0.member("users", users)
        }
    }
}
