using FsCheck;
using FsCheck.Fluent;

namespace Engine.Tests;

internal static class Property
{
    /// <summary>A failure throws; success prints nothing, which could end up in what a test of the console catches.</summary>
    public static Config Quick { get; } = Config.QuickThrowOnFailure.WithQuietOnSuccess(true);

    /// <summary>Runs a check that draws its own examples, for so many seeds; a failure names the seed.</summary>
    public static void Holds(int tests, Action<Random> check)
        => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => check(new Random(seed)))
            .Check(Quick.WithMaxTest(tests));
}
