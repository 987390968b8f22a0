using FsCheck;
using FsCheck.Fluent;

namespace Engine.Tests;

internal static class Property
{
    /// <summary>Runs a check that draws its own examples, for so many seeds; a failure names the seed.</summary>
    public static void Holds(int tests, Action<Random> check)
        => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => check(new Random(seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests));
}
