"""What those need who answer for the work of others: how much there is, what is late, what became of the interviews.

Every number opens the cases behind it; what is not known is shown as unknown and never counted as no.
"""
