internal import Submissions

extension RateLimitFields {
    /// One entry for each rule that was asked about a submission.
    init(_ quotas: [SubmissionQuota]) {
        self.init()
        for quota in quotas {
            add(
                name: quota.name, quota: quota.quota, windowSeconds: quota.windowSeconds, remaining: quota.remaining,
                resetSeconds: quota.resetSeconds)
        }
    }
}
