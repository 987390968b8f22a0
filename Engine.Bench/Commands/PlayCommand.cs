using System.CommandLine;
using System.Text;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Engine.RL;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine play: watch a trained agent.</summary>
public static class PlayCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "play",
            "Watch a trained agent play one episode: in the terminal, where q quits, space pauses, + and - change the speed; "
                + "or as a picture that moves.")
        {
            Examples =
            {
                ("engine play", "an agent that has learned already, in the terminal"),
                ("engine play runs/snake", "one of your own, of Snake, Catch, the cart-pole or the maze"),
                ("engine play runs/five --agent 5-2 --policy greedy --speed 30", "one of several agents, its likeliest actions, faster"),
                ("engine play runs/snake --svg game.svg", "as a file for a browser or a page"),
                ("engine play runs/maze --gif game.gif", "any game, for slides and chats"),
                ("engine play runs/snake --checkpoint point-0004.safetensors", "as it played earlier in its training"),
                ("engine play runs/snake --all > game.txt", "every step as plain text"),
            },
        };
        var options = new AgentOptions(command);
        var episode = Options.Number("--episode", "Which of the seed's episodes: those that 'engine evaluate' plays, from 0.", 0, 0);
        var svg = Options.Of<string?>("--svg", "Write an animated SVG file rather than show the game, which must be Snake.", null);
        var gif = Options.Of<string?>("--gif", "Write an animated GIF rather than show the game.", null);
        svg.HelpName = gif.HelpName = "FILE";
        var speed = Options.Number("--speed", "Steps a second.", 12.0, 0.1, 1000);
        speed.HelpName = "FPS";
        var all = Options.Switch("--all", "Where the output is no terminal: every step, rather than the last.");
        foreach (var option in (Option[])[episode, svg, gif, speed, all])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            double framesPerSecond = parsed.GetValue(speed);
            var (svgFile, gifFile) = (parsed.GetValue(svg), parsed.GetValue(gif));
            UserFile.RequireFolder(svgFile, "--svg");
            UserFile.RequireFolder(gifFile, "--gif");
            UserFile.RequireApart(svgFile, "--svg", gifFile, "--gif");
            int number = parsed.GetValue(episode);
            bool isSeen = svgFile is null && gifFile is null && Consoles.IsTerminal(parsed.InvocationConfiguration.Output);
            var keys = isSeen ? Keyboard.Listen() : null;
            var (policy, seed) = (options.Policy(parsed), options.Seed(parsed));
            using var device = options.OpenDevice(parsed);
            using var agent = LoadedAgent.Load(options.Find(parsed), device);
            string which = number > 0 ? Invariant($", episode {number}") : "";
            string title = Invariant($"{agent.Describe}, {Setting.Text(policy)}, seed {seed}{which}");
            var frames = Episode.Play(agent, policy, seed, number, device, cancel);
            if (svgFile is not null)
            {
                if (frames is not [SnakeFrame, ..])
                    throw new UserError($"--svg draws Snake alone, and {agent.Describe} has learned another game: use --gif.");
                var film = new AnimatedSvg([.. frames.Cast<SnakeFrame>()], title) { FramesPerSecond = framesPerSecond };
                Write(parsed, "--svg", svgFile, Encoding.UTF8.GetBytes(film.ToSvg()), frames[^1]);
            }

            if (gifFile is not null)
            {
                using var film = new MemoryStream();
                new AnimatedGif(frames, title) { FramesPerSecond = framesPerSecond }.Write(film, cancel);
                Write(parsed, "--gif", gifFile, film.ToArray(), frames[^1]);
            }

            if (svgFile is null && gifFile is null)
                new TerminalBoard(parsed.Console(), title) { Keys = keys }.Play(frames, framesPerSecond, parsed.GetValue(all), cancel);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static void Write(ParseResult parsed, string option, string file, byte[] bytes, GameFrame last)
    {
        UserFile.Write(file, option, bytes);
        parsed.InvocationConfiguration.Output.WriteLine(
            Invariant($"Written to {file}: {last.Step} steps, return {last.Return}, {last.Outcome} ({bytes.Length / 1024.0:0} KB)."));
    }
}
