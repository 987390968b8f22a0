using System.Globalization;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Training;
using Xunit;
using static System.FormattableString;

namespace Engine.Tests.RL;

public class SettingTests
{
    [Fact]
    public void SettingsAreMarkedPropertiesThoseOfTheBaseFirst()
    {
        Assert.Equal(["first-of-all", "other", "some-number", "large", "rate", "colour", "maybe"], Names<Derived>());
        Assert.Equal(["first-of-all", "other"], Names<Base>());
        var number = Setting.Of(typeof(Derived))[2];
        Assert.Equal(("A number.", nameof(Derived.SomeNumber)), (number.About.Help, number.Property.Name));
        string[] inherited = Names<LearningSettings>();
        Assert.Equal([.. inherited, "method", "seed", "seeds", "points"], Names<TrainSettings>());
        Assert.Equal(("preset", "env", "grid", "step-limit"), (inherited[0], inherited[1], inherited[2], inherited[3]));
        Assert.Contains("bootstrap-time-limit", inherited);

        static string[] Names<T>() => [.. Setting.Of(typeof(T)).Select(setting => setting.Name)];
    }

    [Theory]
    [InlineData(1.0, 5.0, null, null, "between 1 and 5")]
    [InlineData(1.0, null, null, null, "at least 1")]
    [InlineData(null, 5.0, null, null, "at most 5")]
    [InlineData(null, null, 0.0, null, "above 0")]
    [InlineData(null, null, null, 1.0, "below 1")]
    [InlineData(0.0, null, null, 1.0, "at least 0 and below 1")]
    [InlineData(null, 1.0, 0.0, null, "above 0 and at most 1")]
    [InlineData(null, null, 0.0, 1.0, "between 0 and 1, both excluded")]
    [InlineData(-0.25, 1048576.0, null, null, "between -0.25 and 1048576")]
    [InlineData(null, null, null, null, null)]
    public void RangesAreToldInWords(double? atLeast, double? atMost, double? above, double? below, string? expected)
        => Assert.Equal(expected, About(atLeast, atMost, above, below).Range);

    [Theory]
    [InlineData(1.0, 5.0, null, null, "1 2.5 5", "0.999 5.001 -1")]
    [InlineData(1.0, null, null, null, "1 1e300", "0.5 -1e300")]
    [InlineData(null, 5.0, null, null, "5 -1e300", "5.5 1e300")]
    [InlineData(null, null, 0.0, null, "1e-300 1", "0 -0.0 -1")]
    [InlineData(null, null, 0.0, 1.0, "0.001 0.999", "0 1 2 -1")]
    [InlineData(null, null, null, null, "-1e300 0 1e300", "")]
    public void ValuesInRangeHoldAndOthersDoNot(
        double? atLeast, double? atMost, double? above, double? below, string inside, string outside)
    {
        var about = About(atLeast, atMost, above, below);
        Assert.All(Numbers(inside), value => Assert.True(about.Holds(value), Invariant($"{value}")));
        Assert.All(Numbers(outside), value => Assert.False(about.Holds(value), Invariant($"{value}")));
        Assert.All([double.NaN, double.PositiveInfinity, double.NegativeInfinity], value => Assert.False(about.Holds(value)));

        static IEnumerable<double> Numbers(string text)
            => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void ASettingOutOfRangeIsNamedWithItsValueAndWhatWouldDo()
    {
        var fine = new Derived();
        Setting.Validate(fine);
        Refused(fine with { FirstOfAll = 0 }, "first-of-all is 0, but must be at least 1.");
        Refused(fine with { SomeNumber = 8 }, "some-number is 8, but must be between -2 and 7.");
        Refused(fine with { Large = 1L << 41 }, "large is 2199023255552, but must be at most 1099511627776.");
        Refused(fine with { Rate = 0 }, "rate is 0, but must be above 0.");
        Refused(fine with { Rate = double.NaN }, "rate is NaN, but must be finite and above 0.");
        Refused(fine with { Rate = double.PositiveInfinity }, "rate is Infinity, but must be finite and above 0.");
        Refused(fine with { Other = double.NaN }, "other is NaN, but must be finite.");
        Refused(fine with { Colour = (ConsoleColor)99 }, "colour is 99, but must be one of those there are.");
        Refused(fine with { Maybe = 2 }, "maybe is 2, but must be between 0 and 1, both excluded.");
        Setting.Validate(fine with { Maybe = 0.5, SomeNumber = -2, Large = 1L << 40, Unmarked = double.NaN });
    }

    [Fact]
    public void EverySettingHasAFirstValueInRangeAndASentenceOfHelp()
    {
        object[] records =
        [
            new TrainSettings(),
            new Table1Settings(),
            new DiscountLearningSettings(),
            new BiasVarianceSettings(),
            new MetaGradientVarianceSettings(),
        ];
        foreach (object record in records)
        {
            Setting.Validate(record);
            var settings = Setting.Of(record.GetType());
            Assert.NotEmpty(settings);
            Assert.Equal(settings.Count, settings.Select(setting => setting.Name).Distinct().Count());
            Assert.All(settings, setting => Assert.EndsWith(".", setting.About.Help, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void NothingMayStandTwice()
    {
        Setting.RequireOnce("some", ["a", "b"]);
        Setting.RequireOnce("some", Array.Empty<int>());
        Assert.Equal(
            "some is 1,2,1, but must be a list in which nothing stands twice.",
            Assert.Throws<ArgumentException>(() => Setting.RequireOnce("some", [1, 2, 1])).Message);
        Assert.StartsWith(
            "learn is learning-rate,learning-rate, but",
            Assert.Throws<ArgumentException>(
                () => Setting.RequireOnce("learn", [Hyperparameter.LearningRate, Hyperparameter.LearningRate])).Message);
    }

    [Theory]
    [InlineData(0, 10_000, true)]
    [InlineData(int.MaxValue, 1, true)]
    [InlineData(int.MaxValue - 1, 2, true)]
    [InlineData(int.MaxValue, 2, false)]
    public void SeedsCanBeCounted(int seed, int seeds, bool holds)
        => Assert.Equal(!holds, Record.Exception(() => Setting.RequireSeeds(seed, seeds)) is ArgumentException);

    private static SettingAttribute About(double? atLeast, double? atMost, double? above, double? below) => new("Any.")
    {
        AtLeast = atLeast ?? double.NaN,
        AtMost = atMost ?? double.NaN,
        Above = above ?? double.NaN,
        Below = below ?? double.NaN,
    };

    private static void Refused(Derived settings, string message)
        => Assert.Equal(message, Assert.Throws<ArgumentException>(() => Setting.Validate(settings)).Message);

    private record Base
    {
        [Setting("The first.", AtLeast = 1)]
        public int FirstOfAll { get; init; } = 1;

        public double Unmarked { get; init; }

        [Setting("Any number.")]
        public double Other { get; init; }
    }

    private sealed record Derived : Base
    {
        [Setting("A number.", AtLeast = -2, AtMost = 7)]
        public int SomeNumber { get; init; }

        [Setting("A long number.", AtMost = 1L << 40)]
        public long Large { get; init; }

        [Setting("A rate.", Above = 0)]
        public double Rate { get; init; } = 1;

        [Setting("A colour.")]
        public ConsoleColor Colour { get; init; }

        [Setting("A number, or none.", Above = 0, Below = 1)]
        public double? Maybe { get; init; }
    }
}
