using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Engine.Bench.Commands;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Training;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly BenchCommand _command = new("try", "Tries.");
    private readonly SettingsOptions<TrySettings> _options;

    public SettingsTests() => _options = new(_command, settings => settings.Validate());

    public enum Target
    {
        PowerSum,
        Product,
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void DefaultsHoldWhereNothingIsSaid()
    {
        var settings = Read("");
        Assert.Equal((5000, 1e-3, 5, null), (settings.Iterations, settings.Alpha, settings.Seeds, settings.Kappa));
        Assert.Equal([1, 5, 10], settings.Steps);
        Assert.Equal((null, false), (settings.Board, settings.IsQuick));
    }

    [Fact]
    public void EveryKindOfSettingIsRead()
    {
        var settings = Read("--board 10x14 --is-quick true --name gadget --kappa 0.5 --targets product,power-sum --steps 1 2,3");
        Assert.Equal((new Grid(10, 14), true, "gadget", 0.5), (settings.Board, settings.IsQuick, settings.Name, settings.Kappa));
        Assert.Equal([Target.Product, Target.PowerSum], settings.Targets);
        Assert.Equal([1, 2, 3], settings.Steps);
        Assert.Equal(new Grid(6, 6), Read("--board 6").Board);
    }

    [Theory]
    [InlineData("5000000", 5_000_000)]
    [InlineData("5M", 5_000_000)]
    [InlineData("300k", 300_000)]
    [InlineData("2.5K", 2500)]
    [InlineData("1e6", 1_000_000)]
    [InlineData("3G", 3_000_000_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void WholeNumbersAreReadAsPeopleWriteThem(string text, long number) => Assert.Equal(number, Read($"--frames {text}").Frames);

    [Theory]
    [InlineData("1.5")]
    [InlineData("0.1m")]
    [InlineData("5Mk")]
    [InlineData("k")]
    [InlineData("1,000")]
    [InlineData("1e-3")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    [InlineData("NaN")]
    public void OtherTextsAreNoWholeNumbers(string text)
        => Assert.Equal(
            $"--frames: '{text}' is not a whole number, as 5000, 300k or 5M.", ParseErrors.Describe(_command.Parse($"--frames {text}")));

    [Fact]
    public void AnIntegerIsAsLongAsItMayBe() => Assert.Equal(2_147_483_647, Read("--iterations 2147483647").Iterations);

    // Files have the names that options have, and nothing more.
    [Theory]
    [InlineData(typeof(TrainSettings))]
    [InlineData(typeof(Table1Settings))]
    [InlineData(typeof(DiscountLearningSettings))]
    [InlineData(typeof(BiasVarianceSettings))]
    [InlineData(typeof(MetaGradientVarianceSettings))]
    public void WhatAFileMaySayIsWhatOptionsMaySay(Type settings)
        => Assert.Equal(
            Setting.Of(settings).Select(setting => setting.Name).Order(),
            Json.Options.GetTypeInfo(settings).Properties.Where(each => each.Set is not null).Select(each => each.Name).Order());

    [Fact]
    public void HelpSaysWhatASettingIsItsRangeAndItsDefault()
    {
        string help = Regex.Replace(ProgramTests.Run("train", "--help").Output, @"\s+", " ");
        Assert.Contains("--gamma <X> The discount at the start; between 0 and 1, both excluded. [default: 0.99]", help);
        Assert.Contains("[default: gamma,lambda,critic,entropy]", help);
        Assert.Contains("--grid <GRID> Rows and columns of the board", help);
        Assert.Contains("--differentiation <reverse|forward> ", help);
        Assert.Contains("--memory <auto|plain|mixed> What is kept of inner updates", help);
        Assert.Contains("more memory than is free. [default: auto]", help);
        Assert.Contains("--anneal <true|false> Whether it falls linearly to 0 over the run. [default: true]", help);
        Assert.Contains("--clip <X> The largest norm of the inner gradient; above 0. [default: 10]", help);
        Assert.Contains("--seeds <N> How many agents, each with a seed of its own; between 1 and 10000. There may be more", help);
    }

    [Fact]
    public void GivenOptionsOverrideTheFileAndTheFileTheDefaults()
    {
        File.WriteAllText(_temporary.At("c.json"), """{ "iterations": 7, "alpha": 0.5, "seeds": 2, "steps": [3], "target": "product" }""");
        var settings = Read($"--config {_temporary.At("c.json")} --alpha 1e-4 --seeds 5 --seed 9");
        Assert.Equal((7, 1e-4, 5, 9), (settings.Iterations, settings.Alpha, settings.Seeds, settings.Seed));
        Assert.Equal(Target.Product, settings.Target);
        Assert.Equal([3], settings.Steps);
    }

    [Fact]
    public void WrittenSettingsReadBack()
    {
        var config = ReadConfig("--steps 2,3 4 --target POWER-SUM --threads 2 --kappa 0.25");
        File.WriteAllText(_temporary.At("c.json"), Json.Write(config.ToJson()));
        var again = ReadConfig($"--config {_temporary.At("c.json")}");
        Assert.Equal(Json.Write(config.ToJson()), Json.Write(again.ToJson()));
        Assert.Equal([2, 3, 4], again.Settings.Steps);
        Assert.Equal(("cpu", 2, 0.25), (again.Device, again.Threads, again.Settings.Kappa));
        Assert.Equal(3, ReadConfig($"--config {_temporary.At("c.json")} --threads 3").Threads);
    }

    [Fact]
    public void ResumedRunTakesItsOwnSettings()
    {
        File.WriteAllText(_temporary.At("config.json"), """{ "iterations": 11 }""");
        Assert.Equal(11, Read($"--resume --out {_temporary.At("")}").Iterations);
        Assert.Equal(5000, Read($"--overwrite --out {_temporary.At("")}").Iterations);
        File.WriteAllText(_temporary.At("config.json"), """{ "method": "5" }""");
        var foreign = Assert.Throws<UserError>(() => Read($"--resume --out {_temporary.At("")}"));
        Assert.EndsWith(" A run of this command can't go on from it: name another folder, or start anew.", foreign.Message);
    }

    [Theory]
    [InlineData(
        """{ "itertions": 7 }""",
        "unknown setting 'itertions' (did you mean 'iterations'?); the command's --help lists those there are.")]
    [InlineData("""{ "iterations": "many" }""", "iterations is \"many\"; a whole number, as 5000, 300k or 5M is needed")]
    [InlineData("""{ "alpha": null }""", "alpha is null; a number is needed")]
    [InlineData("""{ "alpha": "NaN" }""", "alpha is NaN, but must be finite and above 0.")]
    [InlineData("""{ "alpha": "Infinity" }""", "alpha is Infinity, but must be finite and above 0.")]
    [InlineData("""{ "steps": [1, "b"] }""", "steps[1] is \"b\"; a whole number, as 5000, 300k or 5M is needed")]
    [InlineData("""{ "target": "sum" }""", "target is \"sum\"; one of power-sum, product is needed")]
    [InlineData("""{ "name": null }""", "name is null; a text is needed")]
    [InlineData("""{ "device": null }""", "device is null; a text is needed")]
    [InlineData("""{ "iterations": 7,, }""", "no valid JSON at line 1, column 19")]
    [InlineData("""{ "seed": 1, "seed": 2 }""", "'seed' is given more than once.")]
    [InlineData("[1]", "settings are an object in braces")]
    [InlineData("", "c.json: this is empty; settings are an object in braces")]
    [InlineData("\ufeff \n", "c.json: this is empty")]
    [InlineData("""{ "name": "\ud800" }""", "c.json: no valid JSON: a \\u escape stands for half a character.")]
    [InlineData("""{ "\udc00": 1 }""", "c.json: no valid JSON: a \\u escape stands for half a character.")]
    [InlineData("""{ "alpha": NaN }""", "no valid JSON at line 1, column 12: 'N' is an invalid start of a value.")]
    [InlineData("""{ "alpha": 1e400 }""", "alpha is Infinity, but must be finite and above 0.")]
    [InlineData("""{ "iterations": 3e9 }""", "iterations is 3e9; a whole number of at most 2147483647 is needed")]
    [InlineData("""{ "iterations": 1.5 }""", "iterations is 1.5; a whole number, as 5000, 300k or 5M is needed")]
    [InlineData("""{ "iterations": true }""", "iterations is true; a whole number")]
    [InlineData("""{ "iterations": [1] }""", "iterations is [1]; a whole number")]
    [InlineData("""{ "steps": 1 }""", "steps is 1; a list of whole numbers is needed")]
    [InlineData("""{ "steps": null }""", "steps is null; a list of whole numbers is needed")]
    [InlineData("""{ "steps": [null] }""", "steps[0] is null; a whole number")]
    [InlineData("""{ "steps": [[1]] }""", "steps[0] is [1]; a whole number")]
    [InlineData("""{ "steps": "1,,2" }""", "steps is \"1,,2\": a value is missing beside a comma.")]
    [InlineData("""{ "steps": "1,x" }""", "steps is \"1,x\"; a list of whole numbers is needed")]
    [InlineData("""{ "is-quick": 1 }""", "is-quick is 1; true or false is needed")]
    [InlineData("""{ "is-quick": "yes" }""", "is-quick is \"yes\"; true or false is needed")]
    [InlineData("""{ "name": true }""", "name is true; a text is needed")]
    [InlineData("""{ "board": [6, 6] }""", "board is [6, 6]; a board, as 6 for 6x6 or 10x14 is needed")]
    [InlineData("""{ "x": 1, "y": 2, "z": 3, "seed": 4 }""", "unknown setting 'x', 'y' and 1 more; the command's --help")]
    [InlineData("""{ "\u001b[31m": 1 }""", "unknown setting '\\u001b[31m';")]
    [InlineData("""{ "seeds": 0 }""", "seeds is 0, but must be at least 1.")]
    [InlineData("""{ "threads": -1 }""", "threads is -1, but must be between 0 and 1024.")]
    [InlineData("""{ "total": 3 }""", "unknown setting 'total'; the command's --help lists those there are.")]
    [InlineData("""{ "alpha": 0 }""", "alpha is 0, but must be above 0.")]
    [InlineData("""{ "kappa": 2 }""", "kappa is 2, but must be between 0 and 1.")]
    [InlineData("""{ "board": "6y6" }""", "board is \"6y6\"; a board, as 6 for 6x6 or 10x14 is needed")]
    [InlineData("""{ "isQuick": true }""", "unknown setting 'isQuick' (did you mean 'is-quick'?)")]
    [InlineData("""{ "threads": "all" }""", "threads is \"all\"; a whole number, as 5000, 300k or 5M is needed")]
    public void MistakesInTheFileAreNamed(string json, string part)
    {
        File.WriteAllText(_temporary.At("c.json"), json);
        Assert.Contains(part, Assert.Throws<UserError>(() => Read($"--config {_temporary.At("c.json")}")).Message);
    }

    // What an option takes, a text in a file says as well.
    [Fact]
    public void ValuesInTheFileAreReadAsTheyAreTyped()
    {
        string file = _temporary.At("c.json");
        File.WriteAllText(
            file,
            """
            {
              "frames": "5M", "iterations": 1e3, "alpha": "1e-4", "board": 6, "is-quick": "true", "steps": "1, 2,3", "name": 7,
              "targets": "product,POWER-SUM", "kappa": null, "threads": "2", // as one writes it
            }
            """);
        var (settings, _, threads) = ReadConfig($"--config {file}");
        Assert.Equal((5_000_000, 1000, 1e-4, new Grid(6, 6)), (settings.Frames, settings.Iterations, settings.Alpha, settings.Board));
        Assert.Equal((true, "7", null, 2), (settings.IsQuick, settings.Name, settings.Kappa, threads));
        Assert.Equal([1, 2, 3], settings.Steps);
        Assert.Equal([Target.Product, Target.PowerSum], settings.Targets);
        File.WriteAllText(file, "\ufeff" + """{ "board": "10x14", "steps": ["4", 5], "targets": [] }""", new UTF8Encoding(false));
        settings = Read($"--config {file}");
        Assert.Equal(new Grid(10, 14), settings.Board);
        Assert.Equal([4, 5], settings.Steps);
        Assert.Empty(settings.Targets);
    }

    [Fact]
    public void BytesThatAreNoTextAreCounted()
    {
        File.WriteAllBytes(_temporary.At("c.json"), [.. "{ \"name\": \""u8, 0xFF, .. "\" }"u8]);
        Assert.EndsWith(
            "c.json: this is no text in UTF-8; byte 12 is the first that is wrong.",
            Assert.Throws<UserError>(() => Read($"--config {_temporary.At("c.json")}")).Message);
    }

    [Fact]
    public void WhatIsNoFileOfSettingsIsNamed()
    {
        Assert.Equal("--config 'nowhere.json': there is no such file.", Refusal("nowhere.json"));
        Assert.EndsWith("': this can't be read as a file.", Refusal(_temporary.At("")));
        File.WriteAllBytes(_temporary.At("c.json"), new byte[2 << 20]);
        Assert.EndsWith("': this is longer than a MiB, and so no file of settings.", Refusal(_temporary.At("c.json")));

        string Refusal(string file) => Assert.Throws<UserError>(() => Read($"--config {file}")).Message;
    }

    [Theory]
    [InlineData("--alpha 1,5", "--alpha: '1,5' is not a number.")]
    [InlineData("--steps 1 x", "--steps: 'x' is not a whole number, as 5000, 300k or 5M.")]
    [InlineData("--steps 1,,2", "--steps: a value is missing beside a comma.")]
    [InlineData("--is-quick yes", "--is-quick: 'yes' is not true or false.")]
    [InlineData("--iterations 3G", "--iterations: '3G' is not a whole number of at most 2147483647.")]
    [InlineData("--iterations -3000M", "--iterations: '-3000M' is not a whole number of at least -2147483648.")]
    [InlineData("--frames 9223372036854775808", "--frames: '9223372036854775808' is not a whole number of at most 9223372036854775807.")]
    [InlineData("--frames 1e30", "--frames: '1e30' is not a whole number of at most 9223372036854775807.")]
    [InlineData("--target 1", "--target: '1' is not one of power-sum, product.")]
    [InlineData("--seeds", "--seeds needs a value: a whole number, as 5000, 300k or 5M.")]
    [InlineData("--device", "--device needs a value.")]
    [InlineData("--targets", "--targets needs a value: a list of names, each one of power-sum, product.")]
    [InlineData("--seed 1 --seed 2", "--seed is given more than once.")]
    [InlineData("--board 6x", "--board: '6x' is not a board, as 6 for 6x6 or 10x14.")]
    [InlineData("--resume --overwrite", "--resume and --overwrite: give one of them, not both.")]
    [InlineData("--iteration 3", "Unknown option '--iteration'; did you mean '--iterations'?")]
    public void MistakesInOptionsAreNamed(string line, string expected)
        => Assert.Equal(expected, ParseErrors.Describe(_command.Parse(line)));

    [Fact]
    public void UnknownDeviceIsAUserError()
    {
        var config = new RunConfig<object>("", "abacus");
        Assert.Contains("abacus", Assert.Throws<UserError>(() => CommonOptions.OpenDevice(config)).Message);
    }

    private TrySettings Read(string line) => ReadConfig(line).Settings;

    private RunConfig<TrySettings> ReadConfig(string line)
    {
        var parsed = _command.Parse(line);
        Assert.Empty(parsed.Errors);
        return _options.Read(parsed);
    }

    private sealed record TrySettings
    {
        [Setting("The first seed.", AtLeast = 0)]
        public int Seed { get; init; }

        [Setting("How many of them.", AtLeast = 1)]
        public int Seeds { get; init; } = 5;

        [Setting("How many times.", AtLeast = 1)]
        public int Iterations { get; init; } = 5000;

        [Setting("How many steps in all.", AtLeast = 1)]
        public long Frames { get; init; } = 1;

        [Setting("The step size.", Above = 0)]
        public double Alpha { get; init; } = 1e-3;

        [Setting("The discount of mixes.", AtLeast = 0, AtMost = 1)]
        public double? Kappa { get; init; }

        [Setting("What it is called.")]
        public string Name { get; init; } = "";

        [Setting("Numbers of steps.")]
        public IReadOnlyList<int> Steps { get; init; } = [1, 5, 10];

        [Setting("What is wanted.")]
        public Target Target { get; init; }

        [Setting("What else is wanted.")]
        public IReadOnlyList<Target> Targets { get; init; } = [];

        [Setting("Where.")]
        public Grid? Board { get; init; }

        [Setting("Whether it is quick.")]
        public bool IsQuick { get; init; }

        [JsonIgnore]
        public int Total => Seeds * Iterations;

        public void Validate() => Setting.Validate(this);
    }
}
