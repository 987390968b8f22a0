using Xunit;

namespace Engine.Tests.RL;

/// <summary>Vectors are compared by the norm of their difference: a component near zero has no digits of its own.</summary>
internal static class Close
{
    public static double Difference(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        double difference = Math.Sqrt(expected.Zip(actual).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
        return difference / Math.Max(Math.Sqrt(expected.Sum(value => value * value)), 1e-300);
    }

    public static void All(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance)
    {
        double difference = Difference(expected, actual);
        Assert.True(difference <= tolerance, $"differs by {difference:G3}, relative");
    }
}
