using System.CommandLine;
using Engine.Bench.Input;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>The options of every command that runs something.</summary>
public sealed class CommonOptions
{
    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public CommonOptions(Command command)
    {
        Out = new("--out")
        {
            Description = "The folder to write to.",
            HelpName = "DIR",
            DefaultValueFactory = _ => RunFolder.Default(command.Name),
        };
        Config = new("--config")
        {
            Description = "Settings from a file, such as a run's config.json; options given here override it.",
            HelpName = "FILE",
        };
        foreach (var option in (Option[])[Device, Threads, Out, Resume, Overwrite, Quiet, Config])
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Resume) && result.GetValue(Overwrite))
                result.AddError("--resume and --overwrite: give one of them, not both.");
        });
    }

    /// <summary>--device NAME.</summary>
    public Option<string> Device { get; } = DeviceOptions.Device();

    /// <summary>--threads N.</summary>
    public Option<int> Threads { get; } = DeviceOptions.Threads();

    /// <summary>--out DIR.</summary>
    public Option<string> Out { get; }

    /// <summary>--resume.</summary>
    public Option<bool> Resume { get; }
        = Options.Switch("--resume", "Go on after the checkpoint in the folder, with the settings it began with; begin if there is none.");

    /// <summary>--overwrite.</summary>
    public Option<bool> Overwrite { get; } = Options.Switch("--overwrite", "Start anew in a folder that has an earlier run.");

    /// <summary>--quiet.</summary>
    public Option<bool> Quiet { get; } = Options.Switch("--quiet", "Show no progress.");

    /// <summary>--config FILE.</summary>
    public Option<string?> Config { get; }

    /// <summary>--dry-run: commands that train add it.</summary>
    public Option<bool> DryRun { get; } = Options.Switch("--dry-run", "Check the settings and print them, and do nothing else.");

    /// <summary>--check-finite: commands that train add it.</summary>
    public Option<bool> CheckFinite { get; } = Options.Switch(
        "--check-finite", "Stop at the operation in which NaN or infinity first comes up, and name it; training is far slower.");

    /// <summary>--log FORMAT,...: commands that train add it.</summary>
    public Option<LogFormat[]> Log { get; } = Options.Many<LogFormat>(
        "--log", "Also log rows as they come: event files for TensorBoard, or JSON objects, one a line, in metrics.jsonl.");

    /// <summary>
    /// The settings of a run: defaults; over these the file of --config, or when resuming the run's own; over these the options that
    /// were given.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="apply">Puts the options that were given into the settings.</param>
    /// <param name="validate">Throws an <see cref="ArgumentException"/> if a setting is out of range; the user sees its message.</param>
    /// <param name="basis">What takes the place of the defaults where settings say so, else null; null for never.</param>
    /// <exception cref="UserError">A setting is out of range, or the file is wrong.</exception>
    public RunConfig<T> Read<T>(ParseResult parsed, Func<T, T> apply, Action<T>? validate = null, Func<T, T?>? basis = null)
        where T : class, new()
    {
        string own = Path.Combine(parsed.GetValue(Out)!, RunFolder.Config);
        bool isOwn = parsed.GetValue(Config) is null && parsed.GetValue(Resume) && File.Exists(own);
        var config = Over(new T());
        if (!isOwn && basis?.Invoke(config.Settings) is { } other)
            config = Over(other);
        RequireThreads("threads", config.Threads);
        try
        {
            validate?.Invoke(config.Settings);
        }
        catch (ArgumentException e)
        {
            throw new UserError(e.Message);
        }

        return config;

        RunConfig<T> Over(T settings)
        {
            var read = parsed.GetValue(Config) is { } file ? SettingsFile.Read(file, settings)
                : isOwn ? SettingsFile.ReadOwn<T>(own)
                : new RunConfig<T>(settings);
            return new(apply(read.Settings), parsed.Given(Device, read.Device), parsed.Given(Threads, read.Threads));
        }
    }

    /// <summary>Makes the run's folder ready, by --out, --resume and --overwrite.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="names">The files that the run writes, see <see cref="RunFolder.Open"/>.</param>
    public RunFolder OpenFolder(ParseResult parsed, params string[] names)
        => RunFolder.Open(parsed.GetValue(Out)!, Mode(parsed), names);

    /// <summary>Makes the folder of several runs ready, by --out, --resume and --overwrite.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="names">The files written beside the runs' folders, see <see cref="RunFolder.Open"/>.</param>
    public RunFolder OpenGroup(ParseResult parsed, params string[] names)
        => RunFolder.OpenGroup(parsed.GetValue(Out)!, Mode(parsed), names);

    /// <summary>What --resume and --overwrite say.</summary>
    public RunMode Mode(ParseResult parsed)
        => parsed.GetValue(Resume) ? RunMode.Resume : parsed.GetValue(Overwrite) ? RunMode.Overwrite : RunMode.New;

    /// <summary>Makes sure that a number of threads is one that can be started.</summary>
    /// <exception cref="UserError">It is not; the message calls it by its name.</exception>
    public static void RequireThreads(string name, int threads)
    {
        if (threads is < 0 or > DeviceOptions.MostThreads)
        {
            throw new UserError(
                FormattableString.Invariant($"{name} is {threads}, but must be between 0 and {DeviceOptions.MostThreads}."));
        }
    }

    /// <summary>Makes sure that a device has the memory that a run takes at the least, before anything is written.</summary>
    /// <param name="device">The device.</param>
    /// <param name="least">The bytes.</param>
    /// <param name="settings">The settings that they follow from.</param>
    /// <exception cref="UserError">It has not.</exception>
    public static void RequireMemory(Device device, double least, string settings)
    {
        if (least > device.MemoryBytes)
        {
            throw new UserError(FormattableString.Invariant(
                $"{settings} needs at least {least / (1 << 30):N1} GiB of memory, but there are ")
                + FormattableString.Invariant($"{device.MemoryBytes / (double)(1 << 30):N1}: choose less."));
        }
    }

    /// <summary>Opens the device that a run asks for.</summary>
    /// <exception cref="UserError">There is no such device here.</exception>
    public static Device OpenDevice<T>(RunConfig<T> config)
        where T : class
    {
        try
        {
            return Kernels.Device.Open(config.Device, config.Threads);
        }
        catch (ArgumentException e)
        {
            throw new UserError(e.Message);
        }
    }

    /// <summary>Prints the settings if that is all that is asked for.</summary>
    /// <returns>Whether it is.</returns>
    public bool PrintsOnly<T>(ParseResult parsed, RunConfig<T> config)
        where T : class
    {
        bool isDry = parsed.CommandResult.Command.Options.Contains(DryRun) && parsed.GetValue(DryRun);
        if (isDry)
            parsed.InvocationConfiguration.Output.Write(Json.Write(config.ToJson()));
        return isDry;
    }

    /// <summary>How rows are logged beside the table of metrics, by --log.</summary>
    public IReadOnlyList<LogFormat> Formats(ParseResult parsed)
        => parsed.CommandResult.Command.Options.Contains(Log) ? parsed.GetValue(Log)! : [];

    /// <summary>Shows figures in TensorBoard, too, if --log says so.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="files">The files it has written, figures among them.</param>
    public void ShowFigures(ParseResult parsed, RunFolder folder, IEnumerable<string> files)
    {
        if (Formats(parsed).Contains(LogFormat.Tensorboard))
            TensorBoardLog.ShowFigures(folder, files);
    }

    /// <summary>Shows progress, unless --quiet.</summary>
    public IProgressDisplay StartProgress(ParseResult parsed) => Progress.Start(parsed, parsed.GetValue(Quiet));
}
